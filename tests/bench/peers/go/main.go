// The AWS SDK for Go v2 as a peer: peer ENDPOINT WINDOW. Orders and reports as in peers/orders.py.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	api "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
)

type order struct {
	First, Count int
	Rate         float64
	Stamped      bool
}

type report struct {
	Posted int     `json:"posted"`
	CPUs   float64 `json:"cpu_s"`
	WallS  float64 `json:"wall_s"`
	TookUs []int64 `json:"took_us"`
	PeakMB float64 `json:"peak_mb"`
}

var payload = bytes.Repeat([]byte("x"), 290)

func main() {
	window, err := strconv.Atoi(os.Args[2])
	must(err)
	service := client(os.Args[1], window)
	say(map[string]any{"versions": map[string]string{"go": runtime.Version(), "aws-sdk-go-v2": aws.SDKVersion}})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var o order
		must(json.Unmarshal(lines.Bytes(), &o))
		say(carryOut(service, o, window))
	}
}

func client(endpoint string, window int) *api.Client {
	pem, err := os.ReadFile(os.Getenv("AWS_CA_BUNDLE"))
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return api.New(api.Options{
		Region:           os.Getenv("AWS_DEFAULT_REGION"),
		EndpointResolver: api.EndpointResolverFromURL(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		Retryer: aws.NopRetryer{},
		HTTPClient: &http.Client{Transport: &http.Transport{
			MaxIdleConns:        window,
			MaxIdleConnsPerHost: window,
			MaxConnsPerHost:     window,
			TLSClientConfig:     &tls.Config{RootCAs: roots},
		}},
	})
}

// As many workers as connections, each with one post at a time.
func carryOut(service *api.Client, o order, window int) report {
	runtime.GC()
	took := make([][]int64, window)
	var next, posted int64
	var all sync.WaitGroup
	cpu, _ := usage()
	began := time.Now()
	for worker := 0; worker < window; worker++ {
		all.Add(1)
		go func(worker int) {
			defer all.Done()
			for {
				number := int(atomic.AddInt64(&next, 1)) - 1
				if number >= o.Count {
					return
				}
				due := dueAt(o, number, began)
				id := fmt.Sprintf("FYnv%08djMCKlg=", o.First+number)
				_, err := service.PostToConnection(context.Background(),
					&api.PostToConnectionInput{ConnectionId: &id, Data: payload})
				must(err)
				atomic.AddInt64(&posted, 1)
				if o.Stamped {
					took[worker] = append(took[worker], time.Since(due).Microseconds())
				}
			}
		}(worker)
	}
	all.Wait()
	wall := time.Since(began)
	after, peak := usage()
	together := []int64{}
	for _, some := range took {
		together = append(together, some...)
	}
	return report{int(posted), after - cpu, wall.Seconds(), together, peak}
}

// Waits until an id is meant to go out, and returns when that was.
func dueAt(o order, number int, began time.Time) time.Time {
	if !o.Stamped || o.Rate == 0 {
		return time.Now()
	}
	due := began.Add(time.Duration(float64(number) / o.Rate * float64(time.Second)))
	time.Sleep(time.Until(due))
	return due
}

func usage() (cpuS, peakMB float64) {
	var found syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &found))
	ns := found.Utime.Nano() + found.Stime.Nano()
	return float64(ns) / 1e9, float64(found.Maxrss) / 1024
}

func say(what any) {
	line, err := json.Marshal(what)
	must(err)
	fmt.Println(string(line))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
