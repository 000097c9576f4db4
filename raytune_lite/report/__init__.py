"""Reports on a whole study: where it stands, and whether it is whole. Stands above the study, and changes nothing."""
