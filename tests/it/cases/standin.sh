#!/bin/sh
# Stands in for Terraform in tests: notes what it was given, and plans a change of every azurerm_public_ip.
here="${0%/*}"
echo "$*" >>"$here/arguments"
/usr/bin/env >>"$here/environment"
pwd >>"$here/directories"
case "$1" in
init) echo made >.terraform.lock.hcl ;;
plan)
  echo secret >plan
  if /bin/cat ./*.tf | /bin/grep -q 'resource "azurerm_public_ip" "pip_broken"'; then
    echo '{"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"bad","detail":"simulated-client-secret is not shown","address":"azurerm_public_ip.pip_broken"}}'
    exit 1
  fi
  if /bin/cat ./*.tf | /bin/grep -q 'resource "azurerm_public_ip"'; then
    echo '{"type":"planned_change","change":{"resource":{"addr":"azurerm_public_ip.pip_typed"},"action":"update"}}'
    echo '{"type":"change_summary","changes":{"add":0,"change":1,"import":3,"remove":0,"operation":"plan"}}'
  else
    echo '{"type":"change_summary","changes":{"add":0,"change":0,"import":4,"remove":0,"operation":"plan"}}'
  fi ;;
show) echo '{"resource_changes":[{"address":"azurerm_public_ip.pip_typed","change":{"actions":["update"],"before":{"sku":"Basic"},"after":{"sku":"Standard"}}}]}' ;;
esac
exit 0
