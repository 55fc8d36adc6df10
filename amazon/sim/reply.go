package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
)

func writeJSON(w http.ResponseWriter, status int, v any) { writeAs(w, status, "application/json", v) }

func writeAs(w http.ResponseWriter, status int, media string, v any) {
	b, err := json.Marshal(v)
	if err != nil { // only plain structs and maps are written
		panic(err)
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

func (s *Sim) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued++
	return uuidFrom(mix(uint64(s.cfg.Seed), 42, s.issued))
}

func uuidFrom(h uint64) string {
	g := mix(h, 43)
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(h>>32), uint16(h>>16), h&0xfff, 0x8000|uint16(g)&0x3fff, g>>16)
}
