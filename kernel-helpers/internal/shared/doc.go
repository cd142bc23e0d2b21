// Package shared lets a user's kernel use an installation that belongs to another
// user, such as one of a class.
//
// The installation's owner has prepared a folder, with `install.sh prepare --shared`:
//
//	id       changes with the installation
//	build/   seed of Go's build cache
//	gopls/   seed of gopls' cache
//	mod/     the modules that cells need
//
// Caches must be the user's own, because Go and gopls write to them. They are filled
// from the seeds once for each id: a first cell takes half a second then, not half a
// minute. Modules are read where they are.
package shared
