//go:build !unix

package cli

func setUmask() {}
