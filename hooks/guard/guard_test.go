package guard

import "testing"

func TestClosedPaths(t *testing.T) {
	for path, want := range map[string]bool{
		"/api/sql":       true,
		"/api/sql/":      true,
		"/API/SQL":       true,
		"/api/realtime":  true, // pocketbase.md trap 17
		"/Api/Realtime/": true,
		"/api/collections/users/auth-with-password":       true,
		"/api/collections/_pb_users_auth_/auth-with-otp":  true,
		"/api/collections/users/request-password-reset/":  true,
		"/api/collections/users/impersonate/abc":          true,
		"/api/collections/users/records":                  false,
		"/api/collections/_superusers/auth-with-password": false,
		"/api/collections/pbc_admin/auth-with-password":   false,
		"/api/collections/accounts/records/abc":           false,
		"/api/halotrack/session":                          false,
	} {
		if got := closed(path, "_superusers", "pbc_admin"); got != want {
			t.Errorf("closed(%q) = %v, want %v", path, got, want)
		}
	}
}
