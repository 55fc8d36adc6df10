package sim

// ParseScenario reads a scenario file, JSON or YAML. Unknown keys, kinds,
// operations and values out of range are errors that name where they are.
func ParseScenario(text []byte) (*Scenario, error) { return nil, nil }

// Hostile returns everything at once at moderate rates. Nothing in it is for
// good: what would end a connection (RevokedGrant, SecretExpired, RoleMissing)
// or a report (GenericFatal, BareFatal) has to be added.
func Hostile() *Scenario { return nil }
