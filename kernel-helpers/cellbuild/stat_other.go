//go:build !linux && !darwin

package cellbuild

import "errors"

const canTrack = false

func look(string) (state, error) { return state{}, errors.ErrUnsupported }
