"""How things are shown: users' text made safe, live progress, trials as tables. Stands below the study."""
