package throttle

import (
	"net/netip"
)

// Network is who counts as one sender, for the address of a request
// (host:port): an IPv4 address, or the /64 network that IPv6 gives to one
// connection.
func Network(remote string) string {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return "unknown"
	}
	address := ap.Addr().Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	network, err := address.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return network.String()
}
