package config

import "strings"

// Example is the content of .env.example: every setting that has an effect,
// commented out, with its meaning.
func Example() string {
	var b strings.Builder
	b.WriteString(`# Settings of HaloTrack. Copy this file to .env and remove the # before what you set.
# A secret NAME can come from a file instead: set NAME_FILE to its path.
# Unknown names are refused at start-up.
`)
	for _, v := range variables {
		if v.help != "" { // else it belongs to the one before
			b.WriteString("\n")
		}
		for line := range strings.Lines(v.help) {
			b.WriteString("# " + strings.TrimSuffix(line, "\n") + "\n")
		}
		if v.secret {
			b.WriteString("# Secret; or " + v.name + "_FILE.\n")
		}
		b.WriteString("#" + v.name + "=" + v.def + v.example + "\n")
	}
	return b.String()
}
