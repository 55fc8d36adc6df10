package halo

import "math/rand/v2"

// random is all the chance there is in this package; the caller's seed sets it.
func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x68616c6f)) }

func coin(rng *rand.Rand) bool { return rng.Uint64()>>63 == 1 }

func shuffle(rng *rand.Rand, p []int) {
	rng.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
}
