#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 450
# VT-x: monitors that fail stop their own sandbox, say why, and cost the others nothing; mail and locks are given up in time.
. "$(dirname "$0")/broken.sh"

broken bochs monitor-vmx '{pci: "8086:7010", dma: trusted, msi: trusted}' '# no device' --until 'owner|life 2' --wall 400
