// Package health says in words how a connection to Amazon stands: what is
// there, what is on its way, what waits, what went wrong and what to do. It
// reads the fact file and asks nobody. Its texts hold no secret, address or
// search term: they are made of the classes of failures, not of what Amazon
// wrote.
package health

// Words explain a class of failed reports to a person.
type Words struct {
	Text string `json:"text"` // what happened
	ToDo string `json:"toDo"` // what to do about it
}

// Other is the cause of failures whose class has no words of its own.
const Other = "amazon"

// causes are the error classes of the ledger, as the ingest writes them.
var causes = map[string]Words{
	"ours": {
		"Amazon calls the request wrong.",
		"It is not asked for again as it is. If it keeps happening, write to the maker of this program.",
	},
	"not published": {
		"Amazon has not published this period yet.",
		"Nothing: it is asked for again within a day.",
	},
	"ambiguous": {
		"Amazon refused without a reason, although the period is old enough. Usually it keeps nothing this old, or the seller is not the brand’s representative for these products.",
		"If it concerns the newest weeks, check in Seller Central that the brand is registered and the application has the Brand Analytics role.",
	},
	"forbidden": {
		"Amazon does not let this connection read the advertising profile or the marketplace.",
		"Advertising: check that the person who authorised may still view this account, or connect again. Marketplace: the reason stands at it on the page Connections; it is tried again once a day.",
	},
	"document": {
		"Amazon’s answer could not be read. It is kept sealed for 30 days.",
		"It is asked for again. If it keeps happening, update this program.",
	},
	Other: {
		"Amazon could not make the report, or stopped answering.",
		"Nothing: it is asked for again, at longer and longer pauses.",
	},
	"deadline": {
		"Amazon was still working on the report when its time was over.",
		"Nothing: it is asked for again.",
	},
}

// Explain returns the words for an error class of the ledger; known is false
// for one that has none of its own.
func Explain(class string) (w Words, known bool) {
	w, known = causes[class]
	if !known {
		w = causes[Other]
	}
	return w, known
}

// passing reports whether failures of a class belong to the ordinary course.
func passing(class string) bool {
	return class == "split" || class == "clamped" || class == "not published"
}
