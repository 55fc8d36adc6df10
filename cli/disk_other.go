//go:build !linux && !darwin

package cli

import "os"

func freeBytes(string) (uint64, bool) { return 0, false }

func writable(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.Mode().Perm()&0o200 != 0
}
