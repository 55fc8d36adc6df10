package config

import "strings"

// Table is README's table of settings, in Markdown. Settings that share a
// meaning share a row.
func Table() string {
	var b strings.Builder
	b.WriteString("| variable | default | meaning |\n|---|---|---|\n")
	for i := 0; i < len(variables); {
		first := variables[i]
		var names []string
		for ; i < len(variables) && (len(names) == 0 || variables[i].help == ""); i++ {
			name := "`" + variables[i].name + "`"
			if variables[i].secret {
				name += " (secret)"
			}
			names = append(names, name)
		}
		def := ""
		if first.def != "" {
			def = "`" + first.def + "`"
		}
		help := strings.ReplaceAll(first.help, "\n", " ")
		b.WriteString("| " + strings.Join(names, "<br>") + " | " + def + " | " + help + " |\n")
	}
	return b.String()
}
