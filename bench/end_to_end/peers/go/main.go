// A primality service as one would write it in Go: net/http, encoding/json, a goroutine a processor.
// Seven Miller-Rabin bases (J. Sinclair, 2011) in 64-bit words. Usage: go-peer HOST:PORT
package main

import (
	"encoding/json"
	"log"
	"math/bits"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

var small = []uint64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53}
var bases = []uint64{2, 325, 9375, 28178, 450775, 9780504, 1795265022}

func mul(a, b, n uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return bits.Rem64(hi, lo, n)
}

func isPrime(n uint64) bool {
	if n < 2 {
		return false
	}
	for _, p := range small {
		if n%p == 0 {
			return n == p
		}
	}
	shift := bits.TrailingZeros64(n - 1)
	odd := (n - 1) >> shift
next:
	for _, base := range bases {
		a := base % n
		if a == 0 {
			continue
		}
		power := uint64(1)
		for e := odd; e > 0; e >>= 1 {
			if e&1 == 1 {
				power = mul(power, a, n)
			}
			a = mul(a, a, n)
		}
		for i := 0; i < shift; i++ {
			if power == n-1 || (i == 0 && power == 1) {
				continue next
			}
			power = mul(power, power, n)
		}
		return false
	}
	return true
}

func testAll(numbers []uint64) []bool {
	verdicts := make([]bool, len(numbers))
	if len(numbers) < 1000 {
		for i, n := range numbers {
			verdicts[i] = isPrime(n)
		}
		return verdicts
	}
	var group sync.WaitGroup
	const part = 10000
	parts := make(chan int)
	for w := 0; w < runtime.NumCPU(); w++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for from := range parts {
				for i := from; i < from+part && i < len(numbers); i++ {
					verdicts[i] = isPrime(numbers[i])
				}
			}
		}()
	}
	for from := 0; from < len(numbers); from += part {
		parts <- from
	}
	close(parts)
	group.Wait()
	return verdicts
}

type item struct {
	N     string `json:"n"`
	Prime bool   `json:"prime"`
}

func serve(w http.ResponseWriter, r *http.Request) {
	var numbers []uint64
	if err := json.NewDecoder(r.Body).Decode(&numbers); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	verdicts := testAll(numbers)
	if strings.Contains(r.Header.Get("Accept"), "octet") {
		octets := make([]byte, len(verdicts))
		for i, prime := range verdicts {
			if prime {
				octets[i] = 1
			}
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(octets)))
		w.Write(octets)
		return
	}
	items := make([]item, len(numbers))
	for i, n := range numbers {
		items[i] = item{strconv.FormatUint(n, 10), verdicts[i]}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(items)
}

func main() {
	http.HandleFunc("/", serve)
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
