package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"

	"halotrack.ai/halotrack/internal/mail"
)

// mail looks at the mail server, and at what receivers look up about the
// sender's domain.
func (d *doctor) mail(ctx context.Context) []finding {
	if d.config.SMTPURL == "" {
		return []finding{advise("mail", "set HALOTRACK_SMTP_URL and HALOTRACK_MAIL_FROM", "no mail server is configured, so invitations, reminders and links to set a password are not mailed")}
	}
	from, err := netmail.ParseAddress(d.config.MailFrom)
	if err != nil {
		return []finding{fail("mail", "set HALOTRACK_MAIL_FROM", "the sender cannot be read")}
	}
	names := d.names
	if names == nil {
		names = net.DefaultResolver
	}
	domain := from.Address[strings.LastIndex(from.Address, "@")+1:]
	return append([]finding{d.smtp(ctx)}, senderFindings(ctx, names, strings.ToLower(domain))...)
}

func (d *doctor) smtp(ctx context.Context) finding {
	server, err := mail.NewSMTP(string(d.config.SMTPURL))
	if err == nil {
		err = server.Check(ctx)
	}
	if err == nil {
		return fine("mail", "the mail server takes the connection and the login")
	}
	todo := "look at host and port of HALOTRACK_SMTP_URL, and whether a firewall or the hoster closes the port"
	if failed := new(mail.SendError); errors.As(err, &failed) {
		switch failed.Stage {
		case "login":
			todo = "look at user and password of HALOTRACK_SMTP_URL; special characters are percent-encoded"
		case "certificate":
			todo = "give the mail server's name in HALOTRACK_SMTP_URL as its certificate has it"
		}
	}
	return fail("mail", todo, "%v", err)
}

// senderFindings judges what receivers look up about the domain that mails
// come from.
func senderFindings(ctx context.Context, names resolver, domain string) []finding {
	if reserved(domain) {
		return []finding{advise("mail DNS", "send from a domain of yours once mails go to others", "%s is known on no other network, so nobody can check who sends", domain)}
	}
	return []finding{
		mxFinding(ctx, names, domain),
		spfFinding(ctx, names, domain),
		dmarcFinding(ctx, names, domain),
		advise("mail DKIM", "send yourself a mail to a large provider and look for dkim=pass in its source; the mail server's settings say which record to add", "the record's name (its selector) is the mail server's and not known here"),
	}
}

// reserved reports whether a name is of those that are nobody's (RFC 2606,
// RFC 6761, RFC 6762).
func reserved(domain string) bool {
	if !strings.Contains(domain, ".") || net.ParseIP(strings.Trim(domain, "[]")) != nil {
		return true
	}
	for _, end := range []string{"example", "test", "invalid", "localhost", "local", "example.com", "example.net", "example.org"} {
		if domain == end || strings.HasSuffix(domain, "."+end) {
			return true
		}
	}
	return false
}

// noRecord reports that there is no such record, as opposed to no answer.
func noRecord(err error) bool {
	failed := new(net.DNSError)
	return errors.As(err, &failed) && failed.IsNotFound
}

func unanswered(check string, err error) finding {
	return advise(check, "look at the machine's DNS, then run doctor again", "it could not be looked up: %v", err)
}

func mxFinding(ctx context.Context, names resolver, domain string) finding {
	const check = "mail MX"
	servers, err := names.LookupMX(ctx, domain)
	switch {
	case err != nil && !noRecord(err):
		return unanswered(check, err)
	case len(servers) == 0:
		return advise(check, "add an MX record, or send from a domain that has one", "%s takes no mail, so answers and bounces are lost, and some receivers refuse such senders", domain)
	case servers[0].Host == ".": // RFC 7505
		return advise(check, "send from a domain that takes mail", "%s says that it takes no mail, so receivers may refuse such senders", domain)
	}
	return fine(check, "%s takes mail at %s", domain, strings.TrimSuffix(servers[0].Host, "."))
}

func spfFinding(ctx context.Context, names resolver, domain string) finding {
	const check = "mail SPF"
	records, err := textRecords(ctx, names, domain, "v=spf1")
	switch {
	case err != nil:
		return unanswered(check, err)
	case len(records) == 0:
		return fail(check, `add a TXT record that names your mail server, such as "v=spf1 include:spf.your-mail-provider.com -all"`, "%s names no servers that may send for it; large providers refuse such mail", domain)
	case len(records) > 1: // RFC 7208 §3.2
		return fail(check, "make one record of them", "%s has %d SPF records, which counts as an error", domain, len(records))
	}
	for _, term := range strings.Fields(strings.ToLower(records[0])) {
		if term == "+all" || term == "all" {
			return fail(check, "end it with -all or ~all", "the SPF record of %s lets everybody send for it", domain)
		}
	}
	return fine(check, "%s names who may send for it", domain)
}

func dmarcFinding(ctx context.Context, names resolver, domain string) finding {
	const check = "mail DMARC"
	// What a domain does not say, the one above it may (RFC 7489 §6.6.3); a
	// top-level domain never does.
	for at := domain; strings.Contains(at, "."); _, at, _ = strings.Cut(at, ".") {
		records, err := textRecords(ctx, names, "_dmarc."+at, "v=dmarc1")
		switch {
		case err != nil:
			return unanswered(check, err)
		case len(records) > 1:
			return fail(check, "keep one of them", "_dmarc.%s has %d records, so all are ignored", at, len(records))
		case len(records) == 0:
			continue
		}
		if policy := dmarcPolicy(records[0]); policy != "none" && policy != "quarantine" && policy != "reject" {
			return fail(check, "give it p=none, p=quarantine or p=reject", "the record of _dmarc.%s has no policy", at)
		} else {
			return fine(check, "_dmarc.%s has the policy %s", at, policy)
		}
	}
	return fail(check, fmt.Sprintf(`add a TXT record at _dmarc.%s, to begin with "v=DMARC1; p=none; rua=mailto:you@%s"`, domain, domain), "%s has no policy for forged mail; large providers ask for one", domain)
}

func dmarcPolicy(record string) string {
	for tag := range strings.SplitSeq(record, ";") {
		name, value, _ := strings.Cut(tag, "=")
		if strings.EqualFold(strings.TrimSpace(name), "p") {
			return strings.ToLower(strings.TrimSpace(value))
		}
	}
	return ""
}

// textRecords returns the TXT records of a name that are of a version.
func textRecords(ctx context.Context, names resolver, name, version string) (of []string, err error) {
	all, err := names.LookupTXT(ctx, name)
	if err != nil && !noRecord(err) {
		return nil, err
	}
	for _, record := range all {
		first := strings.ToLower(strings.TrimSpace(record))
		if rest, ok := strings.CutPrefix(first, version); ok && (rest == "" || rest[0] == ' ' || rest[0] == ';') {
			of = append(of, record)
		}
	}
	return of, nil
}
