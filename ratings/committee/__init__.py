"""会议、审定: what the committee sees, decides and settles."""
