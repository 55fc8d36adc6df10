package sim

import "time"

// Hostile returns everything at once at moderate rates. Nothing in it is for
// good: what would end a connection (RevokedGrant, SecretExpired, RoleMissing)
// or a report (GenericFatal, BareFatal), or hide a marketplace until somebody
// looks again (Suspended, NotParticipating), has to be added.
func Hostile() *Scenario {
	return &Scenario{Name: "hostile", Seed: 1, Behaviours: []Behaviour{
		{Kind: Throttle, Rate: .04},
		{Kind: ServerError, Rate: .03},
		{Kind: Hang, Rate: .01},
		{Kind: DropAnswer, Rate: .02},
		{Kind: DropAnswer, Rate: .06, Operations: []string{OpCreateReport, OpAdsCreate}},
		{Kind: Reset, Rate: .02},
		{Kind: ClockSkew, Rate: .5},

		{Kind: ExpiredToken, Rate: .01},
		{Kind: RevokedToken, Rate: .005},
		{Kind: ViewerOnly, Rate: .3},

		{Kind: LongQueue, Rate: .01, Delay: 7 * time.Hour, Operations: []string{OpCreateReport}},
		{Kind: LongQueue, Rate: .05, Delay: 3*time.Hour + 20*time.Minute, Operations: []string{OpAdsCreate}},
		{Kind: LatePublication, Rate: .15, Delay: 4 * 24 * time.Hour},
		{Kind: UnknownState, Rate: .04},
		{Kind: OutOfOrder, Rate: .04},
		{Kind: SharedDocument, Rate: .3},
		{Kind: WrongDuplicate, Rate: .05, Times: 1},
		{Kind: DuplicateText, Rate: .6},

		{Kind: ExpiredURL, Rate: .05},
		{Kind: PlainBody, Rate: .05},
		{Kind: MissingFlag, Rate: .1},
		{Kind: ContentEncoding, Rate: .05},
		{Kind: TruncatedGzip, Rate: .04},
		{Kind: TruncatedJSON, Rate: .03},
		{Kind: CutStream, Rate: .03},
		{Kind: NullRequired, Rate: .02, Times: 1},
		{Kind: UnknownFields, Rate: .15},
		{Kind: Fractions, Rate: .05},
		{Kind: DuplicateRows, Rate: .1},

		{Kind: PersonalData, Rate: .01},
		{Kind: RemovedRows, Rate: .01},

		{Kind: CountryAlias, Rate: .5},
		{Kind: NoStoreName, Rate: .4},
	}}
}
