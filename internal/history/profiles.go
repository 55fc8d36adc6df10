package history

// Profile is an ads profile as last seen.
type Profile struct {
	ID          int64
	Marketplace string
	Seller      string
	Country     string
	Currency    string
	Zone        string // IANA time zone of its dates
	Type        string // seller, vendor, agency
	Name        string
}
