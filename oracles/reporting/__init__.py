"""Judgements for people and programs: terminal, JSON, Markdown."""
