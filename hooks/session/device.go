package session

import "strings"

// device names the kind of browser and machine of a User-Agent header, so that
// a person can tell their sessions apart. The header itself is not kept.
func device(userAgent string) string {
	pick := func(names [][2]string, other string) string {
		for _, n := range names {
			if strings.Contains(userAgent, n[0]) {
				return n[1]
			}
		}
		return other
	}
	browser := pick([][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}, "another browser")
	machine := pick([][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"}}, "another device")
	return browser + " on " + machine
}
