"""The paper copy: how a person gets in when the passphrase is lost or the keyring folder destroyed.

lines       the identity as lines that can be typed, and back (docs/format.md section 11)
sheet       the printed page
making      making one
opening     trying one, and the way back in
"""
