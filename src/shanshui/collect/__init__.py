"""What comes in: declared, read, checked, and brought to the study grid."""
