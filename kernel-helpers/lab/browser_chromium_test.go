//go:build browser

package lab_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// findChromium returns the path of the Chromium to use in tests.
func findChromium() (string, error) {
	names := []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	}
	if name := os.Getenv("SPEEDUP_CHROME"); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("no Chromium found: install it (on Debian and Ubuntu: apt-get install chromium) or set SPEEDUP_CHROME to its path; tried %s on PATH=%s",
		strings.Join(names, ", "), os.Getenv("PATH"))
}

// startChromium starts Chromium with dir as its home folder, so that it writes
// nothing elsewhere and starts with an empty profile. The function stop ends it
// and waits until it has exited.
func startChromium(dir string) (browser context.Context, stop func(), err error) {
	path, err := findChromium()
	if err != nil {
		return nil, nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, nil, err
	}
	var output strings.Builder // read only after the browser has exited
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(dir, "profile")),
		chromedp.Env("HOME="+dir, "TMPDIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir),
		chromedp.CombinedOutput(&output),
		chromedp.WindowSize(pageWidth, pageHeight),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), // everything must work offline
		chromedp.Flag("hide-scrollbars", false),
	)
	allocator, freeAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ = chromedp.NewContext(allocator)
	stop = func() {
		ctx, cancel := context.WithTimeout(browser, 10*time.Second)
		defer cancel()
		chromedp.Cancel(ctx)
		freeAllocator()
	}
	if err := chromedp.Do(browser); err != nil {
		stop()
		return nil, nil, fmt.Errorf("start %s: %w\n%s", path, err, output.String())
	}
	return browser, stop, nil
}
