package analysis

import "strings"

// ClusterTerm is what a term's cluster depends on.
type ClusterTerm struct {
	Term   string // normalised key
	Class  Class
	Parent string // product family with most own impressions on the term; the ASIN without a product table; empty without own impressions
	Chosen string // the cluster that a person put the term into; empty: none
}

// Cluster names the terms that may be compared with each other. Key is equal
// for the terms of one cluster of a marketplace and empty for a term in none.
type Cluster struct {
	Key    string
	Word   string // the last content word that they share; empty where a person chose
	Parent string
	Chosen bool
}

// ClusterOf returns a term's cluster: the terms of one class whose most own
// impressions belong to the same product family and that share their last
// content word. Stop words, numbers, units and the words for which brand is
// true are skipped when that word is looked for (brand may be nil): “velmora
// bottle” and “bottle velmora” are both about a bottle. A term of such words
// alone is known by its last word. A person's choice is taken as it is. It
// depends on nothing but the term, so the order of terms cannot matter.
func ClusterOf(t ClusterTerm, brand func(word string) bool) Cluster {
	if t.Chosen != "" {
		return Cluster{Key: t.Chosen, Chosen: true}
	}
	word := lastContentWord(t.Term, brand)
	if t.Parent == "" || word == "" {
		return Cluster{}
	}
	return Cluster{Key: strings.Join([]string{string(t.Class), t.Parent, word}, "/"), Word: word, Parent: t.Parent}
}

func lastContentWord(term string, brand func(string) bool) string {
	words := wordsOf(term)
	for i := len(words) - 1; i >= 0; i-- {
		if isContent(words[i]) && (brand == nil || !brand(words[i])) {
			return words[i]
		}
	}
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}
