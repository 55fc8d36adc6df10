package ingest

import "time"

// NextPlan returns when a connection may next find something to ask for, as of
// its last pass; zero if that is not known.
func (in *Ingest) NextPlan(connection string) time.Time {
	in.memory.mu.Lock()
	defer in.memory.mu.Unlock()
	return in.memory.plans[connection].until
}
