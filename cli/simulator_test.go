package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestScenarioFileIsReadStrictly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rough.yaml")
	for _, c := range []struct{ text, want string }{
		{"name: rough\nbehaviours:\n  - kind: trottle\n", `behaviours[0]: kind: "trottle"`},
		{"behaviors: []\n", "behaviors"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		status, stdout, stderr := run(t, nil, "amazon-sim", "--scenario", path)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit %d, %q, %q", c.text, status, stdout, stderr)
		}
	}
	if status, _, stderr := run(t, nil, "amazon-sim", "--scenario", path+"x"); status != exitUsage || !strings.Contains(stderr, "--scenario") {
		t.Errorf("no file: exit %d, %q", status, stderr)
	}
	if err := os.WriteFile(path, []byte("name: rough\nseed: 3\nbase: hostile\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := readScenario(path)
	if err != nil || s.Name != "rough" || s.Seed != 3 || len(s.Behaviours) == 0 {
		t.Errorf("%+v %v", s, err)
	}
}
