"""Evidence packs: what a finding, a case or a complaint rests on, in one file that proves itself."""
