package analysis

// sharesOf states the brand's shares of the week beside those of the baseline.
func sharesOf(now, before Sums) Shares {
	at := func(step Step) (s StepShare) {
		if now[step].Cells > 0 {
			own, market := now[step].Own, now[step].Market
			s.Own, s.Market = &own, &market
		}
		if p, ok := now[step].Share(); ok {
			s.Share = &p
		}
		if p, ok := before[step].Share(); ok {
			s.Before = &p
		}
		return s
	}
	return Shares{Impression: at(Impression), Click: at(Click), CartAdd: at(CartAdd), Purchase: at(Purchase)}
}
