package vault

import (
	"bytes"
	"sync"
)

// cache holds unwrapped account keys and the keys of their stores. An entry counts only
// together with the ciphertext it came from, which is read from the database
// each time: a key that a rolled-back transaction made, or that another
// process destroyed, is never used.
type cache struct {
	mu     sync.RWMutex
	keys   map[string]cached // account keys, by account
	stores map[Ref]cached
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

// store returns a copy of the store's key whose ciphertext is sealed.
func (c *cache) store(ref Ref, sealed []byte) ([]byte, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.stores[ref]
	if !ok || !bytes.Equal(e.sealed, sealed) {
		return nil, false
	}
	return bytes.Clone(e.plain), true
}

func (c *cache) setStore(ref Ref, sealed, plain []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wipe(c.stores, ref)
	c.stores[ref] = cached{bytes.Clone(sealed), bytes.Clone(plain)}
}

// forget overwrites and drops what is held of the account.
func (c *cache) forget(account string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wipe(c.keys, account)
	for ref := range c.stores {
		if ref.Account == account {
			wipe(c.stores, ref)
		}
	}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for account := range c.keys {
		wipe(c.keys, account)
	}
	for ref := range c.stores {
		wipe(c.stores, ref)
	}
}

func wipe[K comparable](m map[K]cached, key K) {
	clear(m[key].plain)
	delete(m, key)
}
