"""Islands: populations of candidates so cheap that one worker scores many of them in a second."""
