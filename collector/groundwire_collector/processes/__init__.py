"""The processes of `groundwire up`: who starts them, and the main function of each."""
