package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

const prefix = "HALOTRACK_"

// maxSecretFile is the largest secret file read, in bytes.
const maxSecretFile = 64 << 10

// ReadEnv returns the process's environment as NAME=value lines, for Load.
func ReadEnv() []string { return os.Environ() }

// Load reads the configuration from environ, lines of NAME=value, with secret
// files read by readFile (os.ReadFile). An empty value counts as not given.
// The errors are one line each, one for every wrong, unknown or contradictory
// setting; with any, the configuration is not to be used.
func Load(environ []string, readFile func(name string) ([]byte, error)) (*Config, []error) {
	given, errs := collect(environ)
	c := &Config{}
	for _, v := range variables {
		value, err := v.value(given, readFile)
		if err == nil && value == "" {
			value = v.def
		}
		if err == nil && value != "" {
			if err = v.set(c, value); err != nil {
				err = fmt.Errorf("%s %w", v.name, err)
			}
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 { // what belongs together is judged once each part is right
		return c, errs
	}
	return c, c.settle()
}

// collect picks out the program's settings and refuses unknown ones.
func collect(environ []string) (map[string]string, []error) {
	given := map[string]string{}
	var unknown []string
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if slices.Contains(names(), name) {
			given[name] = value
		} else {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	var errs []error
	for _, name := range slices.Compact(unknown) {
		text := name + " is unknown to this version"
		if near := nearest(name, names()); near != "" {
			text += "; did you mean " + near + "?"
		} else {
			text += ": unset it, or see .env.example for all settings"
		}
		errs = append(errs, errors.New(text))
	}
	return given, errs
}

// names lists every name that may be set.
func names() []string {
	var all []string
	for _, v := range variables {
		all = append(all, v.name)
		if v.secret {
			all = append(all, v.name+"_FILE")
		}
	}
	return all
}

// value returns the variable's value, from its file if that was given.
func (v variable) value(given map[string]string, readFile func(string) ([]byte, error)) (string, error) {
	value := strings.TrimSpace(given[v.name])
	file := strings.TrimSpace(given[v.name+"_FILE"])
	if !v.secret || file == "" {
		return value, nil
	}
	if value != "" {
		return "", fmt.Errorf("%s and %s_FILE are both set: keep one", v.name, v.name)
	}
	b, err := readFile(file)
	if err != nil {
		return "", fmt.Errorf("%s_FILE cannot be read: %w", v.name, err)
	}
	if len(b) > maxSecretFile {
		return "", fmt.Errorf("%s_FILE: %s is too large to be a secret", v.name, file)
	}
	if value = strings.TrimSpace(string(b)); value == "" {
		return "", fmt.Errorf("%s_FILE: %s is empty", v.name, file)
	}
	return value, nil
}

// nearest returns the name with the fewest edits to s, if they are few.
func nearest(s string, candidates []string) string {
	best, least := "", max(2, (len(s)-len(prefix))/3)+1
	for _, c := range candidates {
		if d := edits(s, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
