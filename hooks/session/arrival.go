package session

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/activity"
)

// Join lets an invited person in who comes back from the provider, and returns
// the page to go on to. It is told what DepartToJoin was given and the address
// that the provider verified, empty if it verified none. link ties the identity
// to the person in a transaction, and reports if it is somebody else's; nil
// means that the provider did not sign the person in.
type Join func(e *core.RequestEvent, carried, email string, link func(tx core.App, user *core.Record) (taken bool, err error)) (page string, err error)

// JoinBy names what lets invited people in.
func (s *Sessions) JoinBy(join Join) { s.join = join }

// DepartToJoin begins a trip of an invited person to the provider and returns
// its address there. What is carried lies in the person's browser meanwhile. The
// error answers the request, where there is no provider like an unknown address.
func (s *Sessions) DepartToJoin(e *core.RequestEvent, carried string) (url string, err error) {
	if s.cfg.Provider.Issuer == "" {
		return "", e.NotFoundError("", nil)
	}
	if url, err = s.depart(e, trip{kind: tripJoin, carried: carried}, ""); err != nil {
		e.App.Logger().Warn("the sign-in provider cannot be reached", slog.Any("error", err))
		return "", e.Error(http.StatusBadGateway, "The provider cannot be reached. Try again later, or choose a password.", nil)
	}
	return url, nil
}

func (s *Sessions) comeBackToJoin(e *core.RequestEvent, t trip) error {
	if s.join == nil {
		return s.lost(e, errTrip, notDone)
	}
	who, err := s.arrive(e, t, "")
	if err != nil {
		page, joinErr := s.join(e, t.carried, "", nil)
		if joinErr != nil {
			return joinErr
		}
		return s.lost(e, err, page)
	}
	page, err := s.join(e, t.carried, who.email, func(tx core.App, user *core.Record) (taken bool, err error) {
		if _, err := s.tie(tx, user, who.subject); errors.Is(err, errTaken) {
			return true, nil
		} else if err != nil {
			return false, err
		}
		return false, activity.Note(tx, activity.Entry{At: s.now(), Kind: activity.Person, Actor: user.Id, Action: "identity.link", Subject: "users/" + user.Id})
	})
	if err != nil {
		return err
	}
	return e.Redirect(http.StatusSeeOther, page)
}

// tie links an identity to a person, and reports whether it was not before; one
// of somebody else's is errTaken.
func (s *Sessions) tie(tx core.App, user *core.Record, subject string) (tied bool, err error) {
	if known, err := s.identityOf(tx, subject); err == nil {
		if known.GetString("user") != user.Id {
			return false, errTaken
		}
		return false, nil
	}
	identities, err := tx.FindCachedCollectionByNameOrId("identities")
	if err != nil {
		return false, err
	}
	record := core.NewRecord(identities)
	record.Set("user", user.Id)
	record.Set("issuer", s.cfg.Provider.Issuer)
	record.Set("subject", subject)
	record.Set("linked", s.now())
	return true, tx.Save(record)
}
