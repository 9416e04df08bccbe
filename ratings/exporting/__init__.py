"""What leaves the house for checking: the frozen criteria, 公开包 and 核验包."""
