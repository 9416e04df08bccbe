"""What the committee puts out: 启动通知 at the beginning of a year, 通报 at its end."""
