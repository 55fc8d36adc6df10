package analysis

import (
	"strings"
	"unicode"
)

// stopWords are words of search terms that name no thing: articles,
// prepositions and conjunctions of English, German, French, Italian and
// Spanish.
var stopWords = set(`
a an and as at best buy by cheap for from in into is it new of off on or per sale set sets the to top under up vs with without your my
ab am an auf aus bei beim bis das dem den der des die ein eine einem einen einer eines für fürs im in ins ist mit nach oder ohne per pro um und unter vom von vor zu zum zur über günstig günstige günstiger beste bester bestes neu
au aux avec ce ces chez dans de des du en et la le les leur l'on mon ou par pas pour sa sans ses son sous sur ton un une vers meilleur meilleure cher chère
a ad agli ai al alla alle allo con da dagli dai dal dalla dalle dei del della delle dello di e ed fra gli i il in la le lo nei nel nella nelle o per senza su sul sulla tra un una uno migliore
al con contra de del desde e el en entre es la las lo los mi o para pero por según sin sobre su sus tu un una unas uno unos y mejor barato barata baratos baratas
`)

// unitWords measure or count a thing, and name none.
var unitWords = set(`
mm cm dm m km inch inches in ft foot feet yard yards zoll pouce pouces pollici pulgadas
mg g gr kg gram grams gramm gramme grammes grammi gramos kilo kilos lb lbs oz ounce ounces pound pounds
ml cl dl l ltr liter liters litre litres litri litro litros gallon gallons gal qt quart pint pints
w kw watt watts v volt volts mah ah hz k lumen lumens lm db bar psi gsm denier
pack packs pk pcs pc piece pieces count ct pair pairs stück stk packung paar er lot pièce pièces pezzi pezzo confezione piezas pieza paquete unidades unidad x
person personen personne personnes persone persona personas posti plazas year years jahr jahre ans anni años
xs s xl xxl xxxl
`)

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// elisions are what French and Italian put before a word with an apostrophe.
var elisions = set("c d j l m n s t qu jusqu lorsqu dell nell all sull dall un")

// wordsOf splits a normalised term into words: punctuation around a word and
// elided articles are dropped, punctuation inside a word stays.
func wordsOf(term string) []string {
	fields := strings.Fields(term)
	words := fields[:0]
	for _, w := range fields {
		w = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
		w = strings.ReplaceAll(w, "’", "'")
		if before, after, found := strings.Cut(w, "'"); found && elisions[before] && after != "" {
			w = after
		}
		w = strings.TrimSuffix(w, "'s")
		if w != "" {
			words = append(words, w)
		}
	}
	return words
}

// isContent reports whether a word names something: it is no stop word, no
// unit and holds no digit.
func isContent(word string) bool {
	return !stopWords[word] && !unitWords[word] && !strings.ContainsFunc(word, unicode.IsNumber)
}
