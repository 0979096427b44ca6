from groundwire_demo.standin.server import main

main()
