"""What the sources that read a folder share: scanning, settling, known files, the doorbell."""
