//go:build unix

package cli

import "syscall"

// setUmask keeps every file that this process makes to its owner.
func setUmask() { syscall.Umask(0o077) }
