// primes FILE - have primed test the integers in a file, one a line, and print the primes.
//
// Needs nothing but Go. PRIMED_URL says where the service is, PRIMED_TOKEN holds its token, if it asks for one.
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	mathrand "math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const patience = time.Minute // how long to try again

type batch struct {
	Progress float64
	Counts   struct{ Total int64 }
	Links    struct{ Self, Results string }
}

// explain says what an answer with an error says, in one line.
func explain(response *http.Response) error {
	defer response.Body.Close()
	var problem struct {
		Title, Detail string
		Errors        []struct{ Pointer, Detail string }
	}
	if json.NewDecoder(response.Body).Decode(&problem) != nil {
		return errors.New(response.Status)
	}
	var details []string
	for _, one := range problem.Errors {
		details = append(details, strings.TrimSpace(one.Pointer+" "+one.Detail))
	}
	if details == nil {
		details = []string{problem.Detail}
	}
	return fmt.Errorf("%s: %s", problem.Title, strings.Join(details, "; "))
}

// call makes a call, and makes it again while nobody answers or the service is busy.
func call(method, path string, body []byte, headers map[string]string) (*http.Response, error) {
	base := os.Getenv("PRIMED_URL")
	if base == "" {
		base = "http://127.0.0.1:8080"
	}
	deadline := time.Now().Add(patience)
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		request, err := http.NewRequest(method, base+path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		if token := os.Getenv("PRIMED_TOKEN"); token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		if pause > 5*time.Second {
			pause = 5 * time.Second
		}
		wait := pause/2 + time.Duration(mathrand.Int63n(int64(pause/2)))
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			if response.StatusCode < 300 {
				return response, nil
			}
			after, _ := strconv.Atoi(response.Header.Get("Retry-After"))
			err = explain(response)
			switch status := response.StatusCode; {
			case status == 429 || status == 502 || status == 503 || status == 504:
			case status == 409 && after > 0: // the first request with this key is still being worked on
			default:
				return nil, err
			}
			if least := time.Duration(after) * time.Second; wait < least {
				wait = least
			}
		}
		if time.Now().Add(wait).After(deadline) {
			return nil, err
		}
		time.Sleep(wait)
	}
}

// eachLine calls take with every line of an answer, as it comes.
func eachLine(path string, take func(line []byte) error) error {
	response, err := call("GET", path, nil, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for lines := bufio.NewReader(response.Body); ; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = take(line)
		}
		if err != nil {
			return err
		}
	}
}

func run(path string) error {
	numbers, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	// The key makes sure that it is one batch, however often it is sent.
	key := make([]byte, 16)
	if _, err = rand.Read(key); err != nil {
		return err
	}
	response, err := call("POST", "/v1/batches", numbers,
		map[string]string{"Content-Type": "text/plain", "Idempotency-Key": fmt.Sprintf("%x", key)})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var made batch
	if err = json.NewDecoder(response.Body).Decode(&made); err != nil {
		return err
	}

	// Progress comes as server-sent events.
	err = eachLine(made.Links.Self+"/events", func(line []byte) error {
		var now batch
		data := bytes.TrimPrefix(line, []byte("data: "))
		if len(data) == len(line) {
			return nil
		}
		if err := json.Unmarshal(data, &now); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "\r%3d%% of %d numbers", int(100*now.Progress), now.Counts.Total)
		return nil
	})
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return err
	}

	count, largest := 0, new(big.Int)
	err = eachLine(made.Links.Results+"?format=ndjson&only=prime", func(line []byte) error {
		var item struct{ N string }
		if err := json.Unmarshal(line, &item); err != nil {
			return err
		}
		n, ok := new(big.Int).SetString(item.N, 10)
		if !ok {
			return fmt.Errorf("%q is no integer", item.N)
		}
		fmt.Println(n)
		count++
		if n.Cmp(largest) > 0 {
			largest = n
		}
		return nil
	})
	if err == nil {
		fmt.Fprintf(os.Stderr, "%d primes, the largest %v\n", count, largest)
	}
	return err
}

func main() {
	err := errors.New("usage: primes FILE")
	if len(os.Args) == 2 {
		err = run(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "primes:", err)
		os.Exit(1)
	}
}
