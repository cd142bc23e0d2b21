//go:build browser

package lab_test

import (
	"context"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

const (
	pageWidth, pageHeight = 1280, 900
	highestPage           = 15000 // Chromium draws at most 16384 pixels
)

// screenshot writes a PNG file of the tab. The tab is made high enough to show
// the notebook in front from its first to its last cell.
func screenshot(ctx context.Context, file string) error {
	defer chromedp.Do(ctx, chromedp.ResetViewport())
	for height := int64(pageHeight); ; {
		err := chromedp.Do(ctx, chromedp.EmulateViewport(pageWidth, height),
			chromedp.Evaluate[chromedp.Void](
				"new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => drawn())))",
				chromedp.EvalAwaitPromise))
		if err != nil {
			return err
		}
		// This is measured again each time, because JupyterLab only estimates
		// the heights of cells out of view.
		hidden, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("window.speedup?.hidden() ?? 0"))
		if err != nil {
			return err
		}
		if hidden == 0 || height == highestPage {
			break
		}
		height = min(height+hidden, highestPage)
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, picture, 0o644)
}
