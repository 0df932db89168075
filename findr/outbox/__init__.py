"""A row before a call, and whoever finds it unfinished finishes it.

A change and what it causes are one transaction (`jobs`). What a process leaves unfinished when it dies is a row whose
lease (`leases`) ends; a sweep (`sweeps`) finds it, and what fails is tried again slower and slower (`backoff`).
"""
