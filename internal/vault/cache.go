package vault

import (
	"bytes"
	"sync"
)

// cache holds unwrapped account keys and fact-file keys. An entry counts only
// together with the ciphertext it came from, which is read from the database
// each time: a key that a rolled-back transaction made, or that another
// process destroyed, is never used.
type cache struct {
	mu    sync.RWMutex
	keys  map[string]cached // account keys, by account
	facts map[string]cached // fact-file keys, by account
}

type cached struct{ sealed, plain []byte }

// use runs fn with the unwrapped account key, which fn must not keep.
func (c *cache) use(k dek, fn func(key []byte) error) error {
	c.mu.RLock()
	if e, ok := c.keys[k.account]; ok && bytes.Equal(e.sealed, k.wrapped) {
		defer c.mu.RUnlock()
		return fn(e.plain)
	}
	c.mu.RUnlock()
	key, err := k.unwrap()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	wipe(c.keys, k.account)
	c.keys[k.account] = cached{k.wrapped, key}
	return fn(key)
}

// fact returns a copy of the fact-file key whose ciphertext is sealed.
func (c *cache) fact(account string, sealed []byte) ([]byte, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.facts[account]
	if !ok || !bytes.Equal(e.sealed, sealed) {
		return nil, false
	}
	return bytes.Clone(e.plain), true
}

func (c *cache) setFact(account string, sealed, plain []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wipe(c.facts, account)
	c.facts[account] = cached{bytes.Clone(sealed), bytes.Clone(plain)}
}

// forget overwrites and drops what is held of the account.
func (c *cache) forget(account string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wipe(c.keys, account)
	wipe(c.facts, account)
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for account := range c.keys {
		wipe(c.keys, account)
	}
	for account := range c.facts {
		wipe(c.facts, account)
	}
}

func wipe(m map[string]cached, account string) {
	clear(m[account].plain)
	delete(m, account)
}
