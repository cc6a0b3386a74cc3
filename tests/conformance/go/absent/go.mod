module github.com/hatchet-dev/hatchet-quickstarts

go 1.25
