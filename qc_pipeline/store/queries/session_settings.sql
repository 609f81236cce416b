SET TimeZone = 'Asia/Shanghai';
