// Command vllm plays that engine on a GPU that is too small, for the operator's
// test on level 2: with more than four sequences at a time its log complains
// as the real one does, and with --crash it ends as a broken one does.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

func option(name string) string {
	for i, argument := range os.Args[:len(os.Args)-1] {
		if argument == name {
			return os.Args[i+1]
		}
	}
	return ""
}

func main() {
	for _, argument := range os.Args {
		if argument == "--crash" {
			fmt.Println("loading weights\nValueError: no such quantization: fp3")
			os.Exit(3)
		}
	}
	if sequences, err := strconv.Atoi(option("--max-num-seqs")); err != nil || sequences > 4 {
		go func() {
			for range time.Tick(time.Second) {
				fmt.Println("ERROR [engine.py:42] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.")
			}
		}()
	}
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	log.Fatal(http.ListenAndServe(":"+option("--port"), nil))
}
