// Check a bundle of a Twofold ledger with the packages that the Go project checks its own module
// database with: golang.org/x/mod/sumdb/note for signatures, .../tlog for the tree. Nothing of
// Twofold takes part. On Debian:
//
//	apt-get install golang-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run independent/check.go -key '<key>' <bundle>
//
// The bundle is a folder: unpack a .zip first. The key is the one that the log's owner handed over
// by other means than the bundle; where the log has changed its key since, the statements in
// rotations/ lead from it to the others. Exit status: 0 all holds, 1 something does not, 2 not to be
// read.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileWidth = 256

// checkpoint is what a log signs: how many entries it has, and the root over them.
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// unreadable is something that keeps the bundle from being checked; it proves no tampering.
type unreadable struct{ error }

func main() {
	key := flag.String("key", "", "public key of the log, handed over by other means")
	kept := flag.String("kept", "", "file with a checkpoint of the same log that was kept from before")
	flag.Parse()
	if *key == "" || flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: check -key KEY [-kept FILE] BUNDLE")
		os.Exit(2)
	}
	err := check(flag.Arg(0), *key, *kept)
	var cannot unreadable
	switch {
	case errors.As(err, &cannot):
		fmt.Println("INCOMPLETE:", err)
		os.Exit(2)
	case err != nil:
		fmt.Println("TAMPERED:", err)
		os.Exit(1)
	}
	fmt.Println("SOUND")
}

func check(bundle, key, kept string) error {
	pinned, err := note.NewVerifier(key)
	if err != nil {
		return unreadable{err}
	}
	keys, err := follow(bundle, key, pinned.Name())
	if err != nil {
		return err
	}
	signed, err := open(filepath.Join(bundle, "checkpoint"), keys)
	if err != nil {
		return err
	}
	fmt.Printf("checkpoint of %s: %d entries, root %s\n", signed.origin, signed.size, signed.root)
	if _, err := os.Stat(filepath.Join(bundle, "proof")); err == nil {
		if kept != "" {
			return unreadable{errors.New("a bundle of single proofs cannot be held against a kept checkpoint")}
		}
		return checkProofs(bundle, keys)
	}
	return checkLog(bundle, signed, kept, keys)
}

// succession is the keys of a log in their order, and from which size on each signs.
type succession struct {
	keys  []string
	sizes []int64
}

// at returns the key that signs a checkpoint of a size.
func (s succession) at(size int64) (note.Verifier, error) {
	place := 0
	for place+1 < len(s.keys) && s.sizes[place+1] <= size {
		place++
	}
	return note.NewVerifier(s.keys[place])
}

// follow walks the statements of rotation, each signed by the key before and the key after it.
func follow(bundle, pinned, origin string) (succession, error) {
	found := succession{keys: []string{pinned}, sizes: []int64{0}}
	for number := 1; ; number++ {
		data, err := os.ReadFile(filepath.Join(bundle, "rotations", strconv.Itoa(number)))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if err != nil {
			return found, unreadable{err}
		}
		size, older, newer, err := rotation(data, origin)
		if err != nil {
			return found, fmt.Errorf("rotation %d: %w", number, err)
		}
		if number == 1 {
			found = succession{keys: []string{older}, sizes: []int64{0}}
		}
		last := len(found.keys) - 1
		if found.keys[last] != older || size <= found.sizes[last] {
			return found, fmt.Errorf("rotation %d does not continue the one before", number)
		}
		found.keys, found.sizes = append(found.keys, newer), append(found.sizes, size)
	}
	for _, key := range found.keys {
		if key == pinned {
			return found, nil
		}
	}
	return found, errors.New("the rotations do not lead to or from the key that was given")
}

// rotation returns size and keys of a statement, when both of its keys signed it.
func rotation(data []byte, origin string) (int64, string, string, error) {
	text, _, _ := strings.Cut(string(data), "\n\n")
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[0] != "twofold-rotation/v1" || lines[1] != origin {
		return 0, "", "", errors.New("not a statement of a rotation of this log")
	}
	size, err := strconv.ParseInt(lines[2], 10, 64)
	if err != nil {
		return 0, "", "", err
	}
	for _, key := range lines[3:] {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return 0, "", "", err
		}
		if verifier.Name() != origin {
			return 0, "", "", errors.New("a key of another log")
		}
		if _, err := note.Open(data, note.VerifierList(verifier)); err != nil {
			return 0, "", "", err
		}
	}
	return size, lines[3], lines[4], nil
}

// open returns the checkpoint in a file, when the log's key signed it.
func open(path string, keys succession) (checkpoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return checkpoint{}, unreadable{err}
	}
	return parse(data, keys)
}

func parse(data []byte, keys succession) (checkpoint, error) {
	lines := strings.Split(string(data), "\n")
	if len(lines) < 4 {
		return checkpoint{}, errors.New("not a checkpoint")
	}
	// Which key has to have signed depends on the size: it is believed once that key has signed it.
	said, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return checkpoint{}, errors.New("the checkpoint has no size")
	}
	verifier, err := keys.at(said)
	if err != nil {
		return checkpoint{}, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, err
	}
	lines = strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return checkpoint{}, errors.New("the checkpoint is not one of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, errors.New("the checkpoint has no size")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return checkpoint{}, errors.New("the checkpoint has no root")
	}
	signed := checkpoint{origin: lines[0], size: size}
	copy(signed.root[:], root)
	return signed, nil
}

// checkLog replays the whole log: every entry into the tree, the tree against the checkpoint, the
// tiles against the tree, each entry by a proof, and the kept checkpoint by another.
func checkLog(bundle string, signed checkpoint, kept string, keys succession) error {
	stored := &hashes{}
	if err := replay(bundle, signed.size, stored); err != nil {
		return err
	}
	root, err := rootOf(signed.size, stored)
	if err != nil {
		return err
	}
	if root != signed.root {
		return fmt.Errorf("the entries lead to the root %s", root)
	}
	fmt.Printf("replay: %d entries lead to the signed root\n", signed.size)
	if err := checkTiles(bundle, signed.size, stored); err != nil {
		return err
	}
	if err := checkInclusion(signed, stored); err != nil {
		return err
	}
	if kept == "" {
		return nil
	}
	return checkConsistency(kept, signed, stored, keys)
}

// rootOf returns the root of the replayed tree; of no entries it is the hash of nothing.
func rootOf(size int64, stored *hashes) (tlog.Hash, error) {
	if size == 0 {
		return tlog.Hash(sha256.Sum256(nil)), nil
	}
	return tlog.TreeHash(size, stored)
}

// hashes keeps the tree's hashes in the order in which tlog numbers them.
type hashes struct{ all []tlog.Hash }

func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for place, index := range indexes {
		if index >= int64(len(h.all)) {
			return nil, fmt.Errorf("there is no hash %d", index)
		}
		found[place] = h.all[index]
	}
	return found, nil
}

func replay(bundle string, size int64, stored *hashes) error {
	for index := int64(0); index*tileWidth < size; index++ {
		width := min(tileWidth, size-index*tileWidth)
		path := filepath.Join(bundle, "tile", "entries", place(index, width))
		data, err := os.ReadFile(path)
		if err != nil {
			return unreadable{err}
		}
		entries, err := split(data)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if int64(len(entries)) != width {
			return fmt.Errorf("%s holds %d entries instead of %d", path, len(entries), width)
		}
		for number, entry := range entries {
			made, err := tlog.StoredHashes(index*tileWidth+int64(number), entry, stored)
			if err != nil {
				return err
			}
			stored.all = append(stored.all, made...)
		}
	}
	return nil
}

// split cuts a bundle of entries: each stands behind its length in two bytes.
func split(data []byte) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("it ends within an entry")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	return entries, nil
}

// checkTiles holds the hashes of every tile, on every level, against the replayed tree.
func checkTiles(bundle string, size int64, stored *hashes) error {
	count := 0
	for level := 0; size>>(8*level) > 0; level++ {
		across := size >> (8 * level)
		for index := int64(0); index*tileWidth < across; index++ {
			width := min(tileWidth, across-index*tileWidth)
			path := filepath.Join(bundle, "tile", strconv.Itoa(level), place(index, width))
			data, err := os.ReadFile(path)
			if err != nil {
				return unreadable{err}
			}
			if int64(len(data)) != width*tlog.HashSize {
				return fmt.Errorf("%s does not hold %d hashes", path, width)
			}
			for number := int64(0); number < width; number++ {
				want, err := stored.ReadHashes([]int64{tlog.StoredHashIndex(8*level, index*tileWidth+number)})
				if err != nil {
					return err
				}
				if string(data[number*tlog.HashSize:(number+1)*tlog.HashSize]) != string(want[0][:]) {
					return fmt.Errorf("%s: hash %d is not the one of the entries", path, number)
				}
			}
			count++
		}
	}
	fmt.Printf("tiles: %d hold the hashes of the replayed tree\n", count)
	return nil
}

func checkInclusion(signed checkpoint, stored *hashes) error {
	for index := int64(0); index < signed.size; index++ {
		proof, err := tlog.ProveRecord(signed.size, index, stored)
		if err != nil {
			return err
		}
		leaf := stored.all[tlog.StoredHashIndex(0, index)]
		if err := tlog.CheckRecord(proof, signed.size, signed.root, index, leaf); err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
	}
	fmt.Printf("inclusion: %d entries proven\n", signed.size)
	return nil
}

func checkConsistency(kept string, signed checkpoint, stored *hashes, keys succession) error {
	before, err := open(kept, keys)
	if err != nil {
		return fmt.Errorf("the kept checkpoint: %w", err)
	}
	if before.size > signed.size {
		return fmt.Errorf("the log had %d entries and has %d: it was rolled back", before.size, signed.size)
	}
	if before.size == 0 {
		if empty, _ := rootOf(0, stored); before.root != empty {
			return errors.New("the kept checkpoint of no entries has another root than nothing has")
		}
		fmt.Println("consistency: the kept checkpoint is of an empty log")
		return nil
	}
	proof, err := tlog.ProveTree(signed.size, before.size, stored)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, signed.size, signed.root, before.size, before.root); err != nil {
		return fmt.Errorf("the log does not continue the kept checkpoint: %w", err)
	}
	fmt.Printf("consistency: the log continues the one of %d entries\n", before.size)
	return nil
}

// checkProofs checks a bundle of single entries: each lies beside a proof in the form of C2SP
// tlog-proof, which carries its own checkpoint.
func checkProofs(bundle string, keys succession) error {
	paths, err := filepath.Glob(filepath.Join(bundle, "proof", "*.tlog-proof"))
	if err != nil {
		return unreadable{err}
	}
	if len(paths) == 0 {
		return unreadable{errors.New("the bundle holds no proof")}
	}
	sort.Strings(paths)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".tlog-proof")
		entry, err := os.ReadFile(filepath.Join(bundle, "entry", name+".json"))
		if err != nil {
			return unreadable{err}
		}
		if err := checkProof(path, name, entry, keys); err != nil {
			return fmt.Errorf("entry %s: %w", name, err)
		}
	}
	fmt.Printf("inclusion: %d entries proven\n", len(paths))
	return nil
}

func checkProof(path, name string, entry []byte, keys succession) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return unreadable{err}
	}
	head, signed, found := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != "index "+name {
		return errors.New("not a proof of this entry")
	}
	index, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		return err
	}
	statement, err := parse([]byte(signed), keys)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	return tlog.CheckRecord(proof, statement.size, statement.root, index, tlog.RecordHash(entry))
}

// place is where a tile lies: x001/x234/067, with .p/<width> behind it when it is partial.
func place(index, width int64) string {
	name := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		name = fmt.Sprintf("x%03d/%s", index%1000, name)
	}
	if width == tileWidth {
		return name
	}
	return fmt.Sprintf("%s.p/%d", name, width)
}

func min(left, right int64) int64 {
	if left < right {
		return left
	}
	return right
}
