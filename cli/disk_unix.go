//go:build linux || darwin

package cli

import "syscall"

// freeBytes returns how much this user may still write to the disk of a folder.
func freeBytes(dir string) (uint64, bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, false
	}
	return disk.Bavail * uint64(disk.Bsize), true
}

// writable reports whether this user may make files in a folder, without
// making one.
func writable(dir string) bool {
	const write, search = 2, 1
	return syscall.Access(dir, write|search) == nil
}
