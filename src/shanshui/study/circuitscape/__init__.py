"""Jobs of Circuitscape and Omniscape, run as they are."""
