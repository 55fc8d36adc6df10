package analysis

// Class is what kind of search a term is. Figures of different classes are
// never averaged together.
type Class string

// The classes of terms.
const (
	OwnBrandTerm   Class = "brand"      // names one of one's own brands
	CompetitorTerm Class = "competitor" // names another's
	GenericTerm    Class = "generic"
)

// Classes lists the classes of terms.
var Classes = [...]Class{OwnBrandTerm, CompetitorTerm, GenericTerm}
