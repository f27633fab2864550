"""What somebody sees who watches the line of one visitor: how many requests, how large, how large their answers."""
